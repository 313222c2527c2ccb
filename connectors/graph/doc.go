// Package graph speaks the part of Meta's Graph API that Instagram and Facebook
// share: batches, error codes, tokens and their proofs, and times.
//
// A batch is POST /{version}/ with up to 50 GETs, each answered with its own code
// and with its body as a string, in the order of the requests
// (developers.facebook.com, graph-api/batch-requests). It is the one way to ask
// about many: GET /?ids= is gone from every version since 27 October 2026
// (developers.facebook.com/blog, 2026-07-29).
package graph
