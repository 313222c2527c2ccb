// Package testservers starts real Postgres, Redis and Prometheus servers for tests.
//
//	url := testservers.Postgres(t)      // a fresh, empty database; dropped when t ends
//	url := template.Postgres(t)         // a copy of a database that NewTemplate prepared once
//	url := testservers.Redis(t)         // an empty Redis of its own; stopped when t ends
//	db := testservers.StartPostgres(t)  // a private server that the test may Kill and Start
//	rd := testservers.StartRedis(t)     // likewise
//	pm := testservers.Prometheus(t, c)  // scrapes what its configuration says
//
// Postgres starts one server per test binary, at the first call, and gives each test a database in it. Redis is cheap
// (about 15 ms), so every test has a process: databases of one Redis would still share channels and FLUSHALL.
//
// A server that is not installed fails the test with the command that installs it: a skipped test proves nothing.
// All servers listen on 127.0.0.1 only, keep their files in one folder under the temporary folder, and end with the test
// binary, however it ends. No goroutine stays behind, so goleak needs no exception for this package.
package testservers
