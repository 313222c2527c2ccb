package config

import (
	"regexp"
	"slices"
	"strings"
)

// serviceLink matches the variables that Kubernetes sets in every pod for a
// Service whose name begins with "pengikut"; nobody wrote them, so they are not
// a mistake (kubernetes.io/docs/tutorials/services/connect-applications-service).
var serviceLink = regexp.MustCompile(`^([A-Z0-9_]+_)?(SERVICE_(HOST|PORT)(_[A-Z0-9_]+)?=.*|PORT(_[0-9]+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?=(tcp|udp|sctp)://.*|PORT_[0-9]+_(TCP|UDP|SCTP)_(PROTO|PORT|ADDR)=.*)$`)

// environ returns the options that the environment sets, by name without prefix.
func (l *loader) environ(environ []string) map[string]given {
	known, found := l.names(), map[string]given{}
	for _, e := range environ {
		key, text, _ := strings.Cut(e, "=")
		name, ours := strings.CutPrefix(key, prefix)
		switch {
		case !ours || text == "":
		case slices.Contains(known, name):
			found[name] = given{key: key, text: text, from: "environment"}
		case !serviceLink.MatchString(name + "=" + text):
			l.problem(key, "is no option%s", didYouMean(prefix, name, known))
		}
	}
	return found
}
