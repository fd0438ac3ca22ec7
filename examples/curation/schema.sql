CREATE TYPE sitemap_import_curation_status AS ENUM (
    'New',
    'Selected',
    'Maybe',
    'Not a Fit',
    'Archived'
);

CREATE TYPE import_source AS ENUM ('GOOGLE_MAPS', 'SITEMAP', 'MANUAL');

CREATE TABLE places (
    id serial PRIMARY KEY,
    name text NOT NULL,
    website_url text,
    status sitemap_import_curation_status NOT NULL DEFAULT 'New',
    source import_source NOT NULL DEFAULT 'MANUAL',
    payload jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE import_jobs (
    id serial PRIMARY KEY,
    source import_source NOT NULL,
    finished_at timestamptz,
    metadata jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE audit_events (
    id serial PRIMARY KEY,
    actor text NOT NULL,
    action text NOT NULL,
    subject text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE user_subscriptions (
    id serial PRIMARY KEY,
    user_email text NOT NULL,
    state text NOT NULL DEFAULT 'active',
    price_cents integer NOT NULL,
    paid_until timestamptz NOT NULL
);

CREATE TABLE payment_transactions (
    id serial PRIMARY KEY,
    stripe_id text UNIQUE,
    subscription_id integer REFERENCES user_subscriptions (id),
    amount_cents integer NOT NULL,
    state text NOT NULL DEFAULT 'pending',
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE refund_requests (
    id serial PRIMARY KEY,
    payment_id integer NOT NULL REFERENCES payment_transactions (id),
    state text NOT NULL DEFAULT 'pending',
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE invoices (
    id serial PRIMARY KEY,
    subscription_id integer NOT NULL REFERENCES user_subscriptions (id),
    amount_cents integer NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE escrow_holds (
    id serial PRIMARY KEY,
    payment_id integer NOT NULL REFERENCES payment_transactions (id),
    release_at timestamptz NOT NULL,
    released boolean NOT NULL DEFAULT false
);

CREATE TABLE dunning_attempts (
    id serial PRIMARY KEY,
    payment_id integer NOT NULL REFERENCES payment_transactions (id),
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE daily_reports (
    day date PRIMARY KEY,
    paid_cents integer NOT NULL,
    pending_refunds integer NOT NULL,
    active_subscriptions integer NOT NULL
);
