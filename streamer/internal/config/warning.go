package config

import "fmt"

// Warning is a line about what the services start with all the same. A Mistake cannot work, or is not what was meant:
// petcam check-config refuses it.
type Warning struct {
	Words   string
	Mistake bool
}

func mistake(words string, values ...any) Warning {
	return Warning{fmt.Sprintf(words, values...), true}
}
