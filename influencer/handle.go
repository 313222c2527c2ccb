package influencer

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// hosts lists the addresses under which a platform shows profiles.
var hosts = map[Platform][]string{
	X:         {"x.com", "twitter.com"},
	Instagram: {"instagram.com"},
	Facebook:  {"facebook.com", "fb.com"},
}

// handleForms are wide on purpose: the platform has the last word, this only
// catches what cannot be a handle. X allows 15 characters today and has longer
// ones from before; Instagram allows 30.
var handleForms = map[Platform]*regexp.Regexp{
	X:         regexp.MustCompile(`^[A-Za-z0-9_]{1,20}$`),
	Instagram: regexp.MustCompile(`^[A-Za-z0-9_.]{1,30}$`),
}

const maxHandle = 100

// ParseHandle reads a handle as people write it: with a leading @, or as the
// address of the profile on that platform. The letters keep their case.
func ParseHandle(p Platform, s string) (string, error) {
	handle, err := fromAddress(p, strings.TrimSpace(s))
	if err != nil {
		return "", err
	}
	handle = strings.TrimPrefix(handle, "@")
	form := handleForms[p]
	switch {
	case handle == "":
		return "", errors.New("handle is empty")
	case utf8.RuneCountInString(handle) > maxHandle,
		strings.ContainsAny(handle, "/?#@:\\\"'"),
		strings.ContainsFunc(handle, func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsPrint(r) }),
		form != nil && !form.MatchString(handle):
		return "", fmt.Errorf("handle %.40q cannot be one on %s", handle, p)
	}
	return handle, nil
}

var address = regexp.MustCompile(`^(?i:https?://)?(?i:www\.|m\.|mobile\.|web\.|id-id\.)?([A-Za-z0-9.-]+\.[A-Za-z]+)/(.*)$`)

// fromAddress takes the handle out of a profile's address; what is no address is
// returned as it is.
func fromAddress(p Platform, s string) (string, error) {
	parts := address.FindStringSubmatch(s)
	if parts == nil {
		return s, nil
	}
	if indexOf(hosts[p], strings.ToLower(parts[1])) < 0 {
		return "", fmt.Errorf("handle is an address that is not one of %s", p)
	}
	path, query, _ := strings.Cut(parts[2], "?")
	if id, found := strings.CutPrefix(query, "id="); found && path == "profile.php" {
		id, _, _ = strings.Cut(id, "&")
		return id, nil
	}
	path, _, _ = strings.Cut(path, "#")
	return strings.TrimRight(path, "/"), nil
}
