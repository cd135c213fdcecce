-- Tokens that scripts and commands show to the server. Only the hash is kept: a stolen table opens nothing.
CREATE TABLE api_tokens (
    id          uuid        PRIMARY KEY DEFAULT gen_random_uuid(),
    name        text        NOT NULL CHECK (name <> ''),
    sha256      bytea       NOT NULL UNIQUE CHECK (octet_length(sha256) = 32),
    created_at  timestamptz NOT NULL DEFAULT now()
);
