"""Opens an incident, shows who is paged, and says that they have it.

Run it beside `tocsin up`, once `tocsin apply examples/shop` has told Tocsin about the shop.
"""

import asyncio

from client import Tocsin


async def main() -> None:
    async with await Tocsin.connect() as tocsin:
        incident = (await tocsin.start_incident("shop-down", title="Nobody can pay", impact=2)).incident
        print(f"{incident.incident_id}  impact {incident.impact}  {incident.title}")

        paged: list[str] = []
        while not paged:  # the workflow pages first and writes its records then
            await asyncio.sleep(0.1)
            engagements = (await tocsin.get_incident(incident.incident_id)).engagements
            paged = [contact for engagement in engagements for contact in engagement.people]
        print(f"paged: {', '.join(paged)}")

        incident = await tocsin.acknowledge(incident.incident_id, paged[0], note="On it.")
        print(f"{paged[0]} has it; the incident is {incident.status}")


if __name__ == "__main__":
    asyncio.run(main())
