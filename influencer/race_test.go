//go:build race

package influencer

// underRace tells whether the race detector is on, under which a case costs ten
// times as much.
const underRace = true
