"""What errors say, in Chinese: one module for each area, read by ``csdesk.domain.locale.chinese``.

Each holds ``SENTENCES``: the English sentence or template as the source has it, and the Chinese one. Both name the same
values in braces. A sentence stands once: what several areas say is in ``common``.
"""
