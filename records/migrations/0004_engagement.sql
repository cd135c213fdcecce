-- Keys that links in pages are signed with, newest first; every process reads them once.
create table signing_keys (
    key_id integer generated always as identity primary key,
    secret text not null,
    created_at timestamptz not null default now()
);
insert into signing_keys (secret)
values (replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', ''));

-- What contacts said about their channels: a channel counts as activated for exactly the address it was activated for.
create table channel_states (
    contact text not null,
    channel text not null,
    address text not null,
    status text not null,                    -- NOT_ACTIVATED, ACTIVATED or DEACTIVATED
    changed_at timestamptz not null default now(),
    changed_by text not null,
    primary key (contact, channel)
);

-- Phone numbers whose owners replied STOP: no SMS channel with such a number is paged, whoever it belongs to.
create table opted_out_numbers (
    address text primary key,
    opted_out_at timestamptz not null default now()
);

-- Activation codes on their way: only the newest of a channel counts.
create table activation_codes (
    code_id bigint generated always as identity primary key,
    contact text not null,
    channel text not null,
    address text not null,
    sha256 bytea not null,
    sent_at timestamptz not null default now(),
    expires_at timestamptz not null,
    tries integer not null default 0,
    used boolean not null default false
);
create index activation_codes_by_channel on activation_codes (contact, channel, sent_at desc);

-- Wrong answers to a page's code.
create table wrong_codes (
    page_id uuid primary key,
    tries integer not null
);

-- When somebody was last paged on a channel, for those who do not want to be paged by every incident of a storm.
create table last_pages (
    contact text not null,
    channel text not null,
    engagement_id uuid not null,
    key text not null,
    claimed_at timestamptz not null,
    sent boolean not null,
    primary key (contact, channel)
);

-- Pages that wait for the next digest: which one tells of them (a page's key), and whether that got through.
create table held_pages (
    contact text not null,
    channel text not null,
    engagement_id uuid not null,
    key text not null,
    held_at timestamptz not null default now(),
    told_by text,
    told boolean not null default false,
    primary key (contact, channel, key)
);

-- Pages by id, so that an answer that names only a page finds its engagement.
create index engagements_by_page on engagements
    using gin (jsonb_path_query_array(record, '$.people.*.pages[*].page_id'));

-- Engagements that may yet be answered by a text message, which names only a phone number.
create index engagements_unstopped on engagements (started_at) where status <> 'STOPPED';
