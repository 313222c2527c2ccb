package influencer

import "testing"

func TestAllZero(t *testing.T) {
	t.Parallel()
	n := func(v int64) *int64 { return &v }
	looks := func(parts ...[]Look) []Look {
		var out []Look
		for _, p := range parts {
			out = append(out, p...)
		}
		return out
	}
	times := func(count int, before, now *int64) []Look {
		out := make([]Look, count)
		for i := range out {
			out[i] = Look{before, now}
		}
		return out
	}
	for name, c := range map[string]struct {
		looks []Look
		want  bool
	}{
		"nothing":                        {nil, false},
		"nine of nine":                   {times(9, n(800), n(0)), false},
		"ten of ten":                     {times(10, n(800), n(0)), true},
		"half had some":                  {looks(times(5, n(3), n(0)), times(5, n(0), n(0))), true},
		"fewer than half had some":       {looks(times(4, n(3), n(0)), times(6, n(0), n(0))), false},
		"half had some, half unknown":    {looks(times(5, n(3), n(0)), times(5, nil, n(0))), true},
		"nothing known of any":           {times(10, nil, n(0)), true},
		"known to be zero":               {looks(times(1, n(0), n(0)), times(9, nil, n(0))), false},
		"one has some":                   {looks(times(99, n(800), n(0)), times(1, n(800), n(1))), false},
		"one is unknown now":             {looks(times(99, n(800), n(0)), times(1, n(800), nil)), false},
		"all had some and all have some": {times(100, n(800), n(790)), false},
	} {
		if got := AllZero(c.looks); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}
