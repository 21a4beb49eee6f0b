/** Whether that end is of the day after. @param {string} from HH:MM @param {string} to */
export function isNextDay(from, to) {
  return Boolean(from && to) && to <= from;
}
