package config // want "package config has no doc comment"

import (
	_ "github.com/knadh/koanf/v2"
	_ "github.com/pengikut/pengikut/influencer"
	_ "github.com/pengikut/pengikut/worker" // want "hands out plain values"
)
