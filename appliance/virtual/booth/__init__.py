"""The virtual booth's parts: what a visitor touches, sees, says and hears, without any of the hardware."""
