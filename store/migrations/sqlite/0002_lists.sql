-- +goose Up
-- Accounts that go by another handle than the registered one: few, and an
-- import must know whether a handle is somebody's today.
CREATE INDEX accounts_renamed ON accounts (platform, lower(handle)) WHERE lower(handle) <> handle_key;

-- Lists of recent decisions.
CREATE INDEX decisions_at ON decisions (at);

-- Looking for a handle without knowing the platform.
CREATE INDEX accounts_handle ON accounts (handle_key);
