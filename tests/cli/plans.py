"""Definitions that the tests of the command line put in force."""

PLANS = """
kind: Contact
name: ana
display_name: Ana Reis
channels: [{name: mail, type: EMAIL, address: ana@shop.example}]
plan: {stages: [{duration: 1h, targets: [{channel: mail}]}]}
---
kind: Contact
name: ben
channels: [{name: mail, type: EMAIL, address: ben@shop.example}]
plan: {stages: [{duration: 1h, targets: [{channel: mail}]}]}
---
kind: Rotation
name: weeks
contacts: [ana]
time_zone: Europe/Berlin
start_time: 2026-01-05T09:00
recurrence: {weekly_settings: [{day_of_week: MON, hand_off_time: 09:00}]}
---
kind: OnCallSchedule
name: pager
rotations: [weeks]
---
kind: EscalationPlan
name: pager-then-ben
stages:
  - {duration: 1h, targets: [{contact: pager}]}
  - {duration: 1h, targets: [{contact: ben}]}
---
kind: ResponsePlan
name: shop-down
incident_template: {title: The shop is down, impact: 1, summary: Nobody can buy.}
engagements: [pager-then-ben]
analysis: {template: review}
---
kind: ResponsePlan
name: quiet
incident_template: {title: "Odd [red]noise[/red]", impact: 4}
---
kind: AnalysisTemplate
name: review
sections:
  - id: prevention
    title: Prevention
    questions:
      - {id: cause, text: Why did it break?, required: true}
      - {id: luck, text: Where were we lucky?}
---
kind: Runbook
name: restart
document:
  schemaVersion: "0.3"
  parameters:
    Hosts: {type: StringList}
    Speed: {type: Integer, default: 1}
  mainSteps:
    - name: Ask
      action: aws:approve
      inputs: {Approvers: [ana, ben], Message: "Restart {{ Hosts }}?"}
    - name: Hold
      action: aws:pause
      inputs: {}
    - name: Rest
      action: aws:sleep
      inputs: {Duration: PT10M}
      isEnd: true
"""
