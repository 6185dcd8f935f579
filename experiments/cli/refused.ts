/** Something is wrong that shows before anything trains: exit code 2. The message is for a person, with the place in it. */
export class RefusedError extends Error {
  override readonly name = "RefusedError";
}
