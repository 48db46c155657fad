"""What ``desk.customers`` knows about which identities are one person, as coroutines."""

from __future__ import annotations

from csdesk.aio._groups import CustomerGroup
from csdesk.domain.ids import CustomerId, IdentityId
from csdesk.domain.records import commands as cmd
from csdesk.domain.records.actors import Actor
from csdesk.domain.records.channels import Sender
from csdesk.domain.records.customers import Customer, Evidence
from csdesk.flows import unmerging
from csdesk.flows.reading import lists
from csdesk.flows.unmerging import UnmergedCustomer


class Linking(CustomerGroup):
    """Identities and customers that belong together, or no longer do."""

    async def add(
        self,
        identity: Sender,
        *,
        actor: Actor,
        language: str | None = None,
        idempotency_key: str | None = None,
    ) -> Customer:
        """Add somebody who has not written yet; who has that identity already comes back as they are.

        For imports, which may be repeated: whoever writes under that ``kind``, ``scope`` and ``external_id`` later is
        this customer. ``identity.name`` is their name; level, tags and the rest are set as everybody's are.
        """
        return await self._do(
            cmd.AddCustomer(identity=identity, language=language, actor=actor, idempotency_key=idempotency_key)
        )

    async def link(
        self,
        customer: CustomerId,
        identity: Sender,
        *,
        actor: Actor,
        expected_version: int | None = None,
        idempotency_key: str | None = None,
    ) -> Customer:
        """Attach a new identity to the customer; ``identity.evidence`` says why it is believed.

        Raises:
            InvalidInput: it belongs to another customer; merge the two.
        """
        return await self._do(
            cmd.LinkIdentity(
                customer=customer,
                identity=identity,
                actor=actor,
                expected_version=expected_version,
                idempotency_key=idempotency_key,
            )
        )

    async def merge(
        self,
        customer: CustomerId,
        into: CustomerId,
        *,
        actor: Actor,
        evidence: Evidence = Evidence.AGENT,
        expected_version: int | None = None,
        idempotency_key: str | None = None,
    ) -> Customer:
        """Merge the customer into another one, which then speaks for both; the survivor comes back."""
        await self._do(
            cmd.MergeCustomers(
                customer=customer,
                into=into,
                evidence=evidence,
                actor=actor,
                expected_version=expected_version,
                idempotency_key=idempotency_key,
            )
        )
        return await self._runner.run(lists.get_customer(into))

    async def unmerge(
        self,
        customer: CustomerId,
        *,
        actor: Actor,
        expected_version: int | None = None,
        idempotency_key: str | None = None,
    ) -> UnmergedCustomer:
        """Take a merged customer out of its survivor: it speaks for itself again, with its own tickets and messages.

        What had been merged into it before comes out with it. What was set on the survivor since stays there and is
        listed in the result.

        Raises:
            InvalidInput: it is not merged.
        """
        done = await self._runner.execute(
            cmd.UnmergeCustomers(
                customer=customer, actor=actor, expected_version=expected_version, idempotency_key=idempotency_key
            )
        )
        return await self._runner.run(unmerging.unmerged_customer(done))

    async def unlink(
        self,
        identity: IdentityId,
        *,
        actor: Actor,
        evidence: Evidence = Evidence.AGENT,
        expected_version: int | None = None,
        idempotency_key: str | None = None,
    ) -> Customer:
        """Give an identity a new customer of its own, or the one it was unlinked from before; that customer comes back.

        Its tickets and messages follow it. ``evidence`` says why it is believed; ``expected_version`` is that of the
        customer it leaves.

        Raises:
            NotFound: nobody has the identity.
            InvalidInput: it is the only one of its customer.
        """
        return await self._do(
            cmd.UnlinkIdentity(
                identity=identity,
                evidence=evidence,
                actor=actor,
                expected_version=expected_version,
                idempotency_key=idempotency_key,
            )
        )
