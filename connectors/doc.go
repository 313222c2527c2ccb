// Package connectors holds what every social platform's connector shares: the
// contract, one disciplined HTTP client, the rate gate's interface, strict
// decoding, and the sheet on which answers are joined with questions.
//
// A connector turns accounts into numbers or typed failures, and never guesses.
// What can go wrong is one of [influencer.FailureKind]; a platform's own codes
// are translated once, in that platform's package. A connector never sleeps and
// never retries an outage: it returns, says when trying again is of use, and the
// queue waits.
//
// Subpackages x, instagram and facebook are the platforms, graph is the protocol
// that the last two share, simulator rehearses all three, and connectortest is
// the suite that every connector passes.
package connectors
