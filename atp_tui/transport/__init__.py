"""The heart: connections that come back by themselves, pools of them, and work on one, many or all hosts.

One event loop, no thread, no lock. What talks to a real peer stands behind the port in `driver`.
"""
