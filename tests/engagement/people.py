"""Who can be paged in these stories: everybody is mailed once, and given an hour to answer."""

PEOPLE = """
    kind: Contact
    name: ana
    channels: [{name: mail, type: EMAIL, address: ana@shop.example}]
    plan: {stages: [{duration: 1h, targets: [{channel: mail}]}]}
    ---
    kind: Contact
    name: ben
    channels: [{name: mail, type: EMAIL, address: ben@shop.example}]
    plan: {stages: [{duration: 1h, targets: [{channel: mail}]}]}
    ---
    kind: Contact
    name: cho
    channels: [{name: mail, type: EMAIL, address: cho@shop.example}]
    plan: {stages: [{duration: 1h, targets: [{channel: mail}]}]}
    ---
    kind: Contact
    name: persistent
    channels: [{name: mail, type: EMAIL, address: persistent@shop.example}]
    plan: {stages: [{duration: 20m, targets: [{channel: mail, retry_interval: 4m}]}]}
"""
"""`persistent` is mailed every 4 minutes for 20."""
