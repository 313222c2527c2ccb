// Package influencer holds the nouns of the service and the rule that turns
// measured counts into a status.
//
// A [Person] is one civil servant with accounts on social platforms. A
// connector reads an [Account] and answers with an [Observation] or a typed
// [Failure]; what was seen is kept as a [Reading]. [Decide] looks at a person's
// readings under a versioned [Policy] and says whether the status moves.
//
// The package imports only the standard library, reads no clock and does no
// I/O: the same input gives the same answer, today and when an auditor asks
// again in three years. Numbers that a platform did not state are nil, never 0.
package influencer
