"""The visit as data: what a visitor, the host, the machine and the clock can do, and what follows.

One total table: every event in every state has a defined outcome. The reducer is pure; deadlines are numbers in the
state, and whoever runs it (`appliance.kiosk`) sends TIME_UP when one has passed and performs the effects that come out.
"""
