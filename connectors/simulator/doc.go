// Package simulator is a rehearsal of the platforms that Pengikut reads: X
// API v2, X v1.1 and the Graph API (Instagram business discovery, Facebook
// friends), all on one port, with bad days on demand. The demo, the tests, the
// bench and `pengikut simulate` run against it; nothing in it calls out.
//
// # Population
//
// The people are computed, never stored: a pure function of seed, index and
// time. Counts drift smoothly, many of them around 500; accounts are
// suspended, deleted, renamed and taken over as time goes on.
//
//	s := simulator.New(simulator.Options{People: 500_000, Speed: 3600})
//	s.Population().WriteCSV(w, 1000, simulator.X, simulator.Instagram) // for pengikut import
//	s.Population().People(1000)          // the same as an iterator
//	s.Truth(simulator.X, 42, time.Now()) // what is so, whatever the platform says
//
// # Serving
//
// Server is an http.Handler for httptest, or serves a listener by itself:
//
//	err := s.Serve(ctx, listener) // until ctx ends
//
// # Tokens
//
// Any bearer and any institution's token will do, unless Options names one.
// A person's Facebook token says whose it is and cannot be forged:
//
//	s.UserToken(42)           // a token of that person, without an end
//	s.UserTokenAt(42, issued) // one that ends Options.TokenLife later
//	s.AppToken()              // what /oauth2/token gives out
//	s.RevokeAppToken()        // makes that one 401 and the next one good
//
// # Bad days
//
// A Fault is switched on from Go or over HTTP, for a platform, an endpoint, a
// share of calls, a number of hits or a span of the clock:
//
//	s.AddFault(simulator.Fault{Kind: simulator.OutageHTML, Platform: simulator.X, Share: 0.25})
//	curl -d '{"kind":"throttle","platform":"x","for":"10m"}' localhost:PORT/_sim/faults
//	curl -X DELETE localhost:PORT/_sim/faults
//
// # Counting
//
// Server.Stats, or GET /_sim/stats, tells calls, accounts handed out and calls
// made beyond the limit. With Options.TrackReads, Server.Reads and
// Server.MaxReads tell how often each account was handed out.
//
// # Sources
//
// Wire shapes follow public material: the OpenAPI descriptions 2.166 and 2.167
// and the pages of docs.x.com (repository xdevplatform/docs), X's own emulator
// (xdevplatform/playground), developer.x.com for v1.1,
// developers.facebook.com for the Graph API, and recorded traffic in the test
// data of public clients such as tweepy, python-facebook and restfb. Where
// these are silent, the simulator takes the answer that is hardest on a client.
//
// Three things are simpler than life: Graph's rolling hour is a fixed window,
// the signature of OAuth 1.0a is believed, and a list of posts holds the newest
// one only.
package simulator
