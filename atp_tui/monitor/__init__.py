"""What the fleet's figures are: what one sample asks, the series made of samples, and the current view.

It runs above the drivers and imports none of them: what it asks libvirt is written against protocols
(`model/libvirt`).
"""
