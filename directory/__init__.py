"""Who calls and where help is: callers and their patients, places, OPDs and tokens, hubs and spokes, doctors by phone.

Flows ask for it by service (flows/services.py, ivr/services/); `./helpline import` fills it from a department's lists.
"""
