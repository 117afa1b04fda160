"""The soak: real daemons killed, stopped and restarted at random under load.

Run it: python -m tests.soak --minutes 30
"""
