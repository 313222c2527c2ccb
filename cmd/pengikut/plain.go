package main

import (
	"errors"
	"slices"
	"strings"

	"github.com/pengikut/pengikut/influencer"
	"github.com/pengikut/pengikut/store"
)

// rooms begin the errors of what lies below the commands. How an error got up
// from there is for who works on the program, not for who runs it.
func rooms() []string { return []string{"store: ", "sync: ", "worker: ", "simulator: "} }

// plain says what went wrong, for a person: the cause, each of several once.
func plain(err error) string {
	inner := influencer.Unwrapped(err)
	ofRoom := slices.ContainsFunc(rooms(), func(room string) bool { return strings.HasPrefix(err.Error(), room) })
	switch {
	case ofRoom && errors.Is(err, store.ErrUnknownKey):
		return unknownKey
	case ofRoom:
		return withoutRoom(influencer.Cause(err))
	case len(inner) == 1:
		if before, wraps := strings.CutSuffix(err.Error(), inner[0].Error()); wraps {
			return before + plain(inner[0])
		}
	case len(inner) > 1:
		var all []string
		for _, one := range inner {
			if text := plain(one); !slices.Contains(all, text) {
				all = append(all, text)
			}
		}
		return strings.Join(all, "\n")
	}
	return err.Error()
}

// unknownKey is what to do about [store.ErrUnknownKey].
const unknownKey = "tokens are stored under another secret key than the one configured: " +
	"PENGIKUT_SECRET_KEY, or the file secret.key in the data directory, must hold the key that they were stored under as well"

func withoutRoom(text string) string {
	for _, room := range rooms() {
		text = strings.TrimPrefix(text, room)
	}
	return text
}
