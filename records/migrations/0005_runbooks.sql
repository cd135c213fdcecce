-- Every step of a runbook execution, one row for each time it ran: the body of a loop has one for each iteration.
create table automation_steps (
    step_execution_id uuid primary key,
    execution_id uuid not null,
    position integer not null,               -- in the order they began
    status text not null,
    record jsonb not null,
    written bigint not null
);
create index automation_steps_by_execution on automation_steps (execution_id, position);

-- Which execution another one was started by: a step, or the targets that it goes over.
alter table automations add column parent_execution_id uuid;
create index automations_by_parent on automations (parent_execution_id) where parent_execution_id is not null;

-- What steps print while they run.
create table automation_logs (
    step_execution_id text not null,
    number integer not null,                 -- of the line, from 1
    logged_at timestamptz not null,
    line text not null,
    execution_id text not null,
    primary key (step_execution_id, number)
);
create index automation_logs_by_execution on automation_logs (execution_id);

-- Files that documents bring along for their scripts.
create table attachments (
    sha256 text primary key,                 -- hexadecimal, of the content
    content bytea not null,
    stored_at timestamptz not null default now()
);
