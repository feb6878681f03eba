"""Which customers use a setting, so that none of those is removed.

Whoever writes a customer notes the new uses first, looks then whether one of the settings is being
removed, and commits last. Whoever removes a setting says so first, and looks for uses then. So one
of the two always sees the other. A use that was noted, and not written then, is found out by a look
at the customer.
"""
