create table incidents (
    incident_id uuid primary key,
    plan text not null,
    title text not null,
    status text not null,
    impact smallint not null,
    dedupe_key text not null,
    created_at timestamptz not null,
    resolved_at timestamptz,
    closed_at timestamptz,
    record jsonb not null,
    written bigint not null default 0,       -- number of the batch that wrote the row
    duplicates bigint not null default 0,    -- triggers folded into this incident
    duplicate_noted_at timestamptz           -- when a duplicate last went on the timeline
);
-- The one judge of "does this trigger open an incident, or fold into an open one?"
create unique index incidents_open_dedupe_key on incidents (dedupe_key) where status = 'OPEN';
create index incidents_by_time on incidents (created_at desc);

-- Accepted incidents whose workflow has not written anything yet: what to start it with.
create table incident_starts (
    incident_id uuid primary key references incidents on delete cascade,
    input json not null,
    accepted_at timestamptz not null default now()
);

create table timeline_events (
    event_id uuid primary key,
    subject_id uuid not null,                -- the incident, or the engagement that stands alone
    event_type text not null,
    event_time timestamptz not null,
    position bigint not null,
    deleted boolean not null,
    record jsonb not null
);
create index timeline_events_by_subject on timeline_events (subject_id, event_time, position);

create table engagements (
    engagement_id uuid primary key,
    incident_id uuid,
    contact text not null,
    status text not null,
    started_at timestamptz not null,
    record jsonb not null,
    written bigint not null
);
create index engagements_by_incident on engagements (incident_id);

create table automations (
    execution_id uuid primary key,
    incident_id uuid,
    document_name text not null,
    status text not null,
    started_at timestamptz not null default now(),
    document json,                           -- as it was when the execution began
    record jsonb not null,
    written bigint not null
);
create index automations_by_incident on automations (incident_id);

create table analyses (
    incident_id uuid primary key,
    status text not null,
    completed_at timestamptz not null,
    record jsonb not null
);

-- Workflow histories, kept after the Temporal server has forgotten them.
create table histories (
    workflow_id text not null,
    run_id text not null,
    run_number integer not null,             -- continue-as-new makes several runs
    history bytea not null,                  -- gzip of the history as JSON
    archived_at timestamptz not null default now(),
    primary key (workflow_id, run_id)
);
