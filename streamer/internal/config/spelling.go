package config

import "strings"

// longWord is how many characters a word has from which on two slips are forgiven.
const longWord = 8

// nearest is the first of the known words that an unknown one is nearest to, empty where none is near;
// petcam/config/spelling.py is the same in Python.
func nearest(word string, known []string) (found string) {
	least := longWord
	for _, each := range known {
		if abs(len([]rune(word))-len(each)) > forgiven(each) {
			continue
		}
		if slips := slips([]rune(folded(word)), []rune(each)); slips <= forgiven(each) && slips < least {
			found, least = each, slips
		}
	}
	return found
}

func folded(word string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case 'A' <= r && r <= 'Z':
			return r + 'a' - 'A'
		case r == '-':
			return '_'
		}
		return r
	}, word)
}

func forgiven(word string) int {
	if len(word) >= longWord {
		return 2
	}
	return 1
}

// slips counts how many letters must be put in, left out, changed or swapped with the next (the distance of optimal
// string alignment).
func slips(a, b []rune) int {
	rows := [][]int{make([]int, len(b)+1)}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		row, above := []int{i}, rows[i-1]
		for j := 1; j <= len(b); j++ {
			change := above[j-1]
			if a[i-1] != b[j-1] {
				change++
			}
			least := min(above[j]+1, row[j-1]+1, change)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				least = min(least, rows[i-2][j-2]+1)
			}
			row = append(row, least)
		}
		rows = append(rows, row)
	}
	return rows[len(a)][len(b)]
}

func abs(number int) int { return max(number, -number) }
