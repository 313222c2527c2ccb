package graph

// death says why a token died, and what a person does next. The subcodes of 190
// only word the reason (developers.facebook.com, graph-api/guides/error-handling);
// "" leaves it to the platform's own words.
func (e Error) death() string {
	if e.Code != 190 {
		return ""
	}
	switch e.Subcode {
	case 458:
		return "the app was removed; next: log in to the app, consent again, store the new token"
	case 459:
		return "the platform stopped the session at a checkpoint; next: log in to the platform, follow its steps, store a new token"
	case 460:
		return "the password was changed; next: log in to the app again, store the new token"
	case 463:
		return "the token has expired; next: log in to the app again, store the new token"
	case 464:
		return "the user is not confirmed; next: confirm the account on the platform, store a new token"
	case 467:
		return "the session was ended by logging out; next: log in to the app again, store the new token"
	}
	return ""
}
