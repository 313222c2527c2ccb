// Package webhook sends events to addresses that people named: signed as Standard
// Webhooks asks for (standardwebhooks.com), in its form or as CloudEvents 1.0.
//
// Whoever may name an address could point it at a machine that only this one can
// reach. So an address in a network that is not public is refused at the moment
// of the connection, when the name has been looked up and nothing can change it
// any more, unless the operator allows the host by name. Redirects are not
// followed, no proxy is used, and what a receiver answers is bounded and dropped.
package webhook
