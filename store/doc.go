// Package store keeps people, accounts, readings, decisions and policies in
// Postgres or SQLite, through gorm.
//
// The road of a read is [Store.Claim], [Store.Begin], then [Store.Record] or
// [Store.Release]. A claim puts due accounts into batches under a lease with a
// fence; Record writes all that one batch showed, and all the decisions that
// follow, in one transaction, and only while the fence is still its own. So a
// crash at any point loses no account and doubles no reading.
//
// Statements work on sets: their rows travel as one array a column on Postgres
// and as one JSON document on SQLite, see rowSet. No statement is sent a row.
//
// Times are microseconds since 1970 UTC in the database and [time.Time] in UTC
// outside; a zero time is NULL and means never. An unknown number is NULL.
package store
