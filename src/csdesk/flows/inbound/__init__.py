"""What happens to an inbound message, step by step (``pipeline`` runs them in order).

1 dedupe · 2 identity · 3 window (times) · 4 threading · 5 reading · 6 rules · 7 clocks · 8 routing · 9 answering ·
10 alerts (an effect of rules) · 11 recording
"""
