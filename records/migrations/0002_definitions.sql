-- Definitions as people applied them. Every apply makes revisions; the current one is marked by `definitions`.
create table definition_revisions (
    kind text not null,
    name text not null,
    revision integer not null,
    body json,                               -- json keeps the order of keys; null: this revision deleted it
    author text not null,
    created_at timestamptz not null default now(),
    primary key (kind, name, revision)
);

create table definitions (
    kind text not null,
    name text not null,
    revision integer not null,
    body json not null,
    primary key (kind, name),
    foreign key (kind, name, revision) references definition_revisions (kind, name, revision)
);

-- One row: grows with every apply, so that a reader knows whether what it has read is still in force.
create table catalog_version (
    single boolean primary key default true check (single),
    version bigint not null
);
insert into catalog_version (version) values (0);
