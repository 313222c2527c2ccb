// Package worker carries accounts from "due" to "read": it plans batches, calls
// the connectors and hands what they saw to the store.
//
// The database is the truth. A claim is a row there with a fence and a lease;
// the queue carries only the order to work on it. So a task may be lost, late
// or delivered twice: a late one finds its fence passed and does nothing, a
// lost one is claimed again when the lease is over, and Redis may be emptied at
// any moment.
//
//	scheduler ─► plan:<platform> ─► sync:<platform> ... ─► store
//	   a slot        claims due        one call each, up to
//	   each tick     accounts          BatchSize accounts
//
// A [Worker] runs that road on asynq, in any number of processes. [Sync] walks
// it once in this process and without a queue, for `pengikut sync`.
package worker
