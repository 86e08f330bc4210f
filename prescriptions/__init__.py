"""Why this room exists: nothing is prescribed by telephone that India's Telemedicine Practice Guidelines do not allow.

`rules` decides (pure), over a formulary that is data (`data/formulary.yaml`, read by `formulary`); `content` puts a
slip together (pure); `slip` stores it, once, under a number a patient can read out (`number`).
"""
