"""The demonstration's further lines: every shipped service has a number, made up as all of its directory is."""

from __future__ import annotations

from collections.abc import Mapping

from cli.lines.wishes import Wish

# No exchange in India gives out such numbers: nobody can mistake them for a service.
SPECIALISTS, OPDS, SPOKES, DOCTORS = "10401", "10402", "10403", "10404"

LINES: Mapping[str, Wish] = {
    SPECIALISTS: Wish("specialist_line", name="Sample: specialists", districts="bhopal,indore"),
    OPDS: Wish("opd_line", name="Sample: OPDs"),
    SPOKES: Wish("spoke_line", name="Sample: spokes"),
    DOCTORS: Wish("doctor_line", name="Sample: doctors"),
}
# Out of directory/samples, where anybody can read the PIN. This spoke's hub is open day and night.
SPOKE_NUMBER, SPOKE_PIN = "1009", "4101"
PINCODE_SERVED, PINCODE_ELSEWHERE, OPD_NUMBER = "462001", "482001", "9"


def what_to_try() -> dict[str, str]:
    """What the demonstration's words (words.yaml, `stay`) say of the lines."""
    return {
        "specialists": SPECIALISTS,
        "opds": OPDS,
        "spokes": SPOKES,
        "doctors": DOCTORS,
        "spoke_number": SPOKE_NUMBER,
        "spoke_pin": SPOKE_PIN,
        "pincode_served": PINCODE_SERVED,
        "pincode_elsewhere": PINCODE_ELSEWHERE,
        "opd_number": OPD_NUMBER,
    }
