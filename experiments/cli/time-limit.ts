/** Node-only: work that cannot be trusted to end, in this thread. */
import { createContext, Script } from "node:vm";

const script = new Script("work()");

/**
 * What the work returns; it is stopped in the middle of whatever it does when the time is over. The last resort behind limits
 * that look at the text: a parser may find something to go wrong in that no limit foresaw.
 * @throws what `late` makes
 */
export function withinSeconds<Result>(seconds: number, work: () => Result, late: () => Error): Result {
  let result: { value: Result } | null = null;
  let thrown: { error: unknown } | null = null;
  const caught = () => {
    try {
      result = { value: work() };
    } catch (error) {
      thrown = { error };
    }
  };
  try {
    script.runInContext(createContext({ work: caught }), { timeout: 1000 * seconds });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ERR_SCRIPT_EXECUTION_TIMEOUT") throw late();
    throw error;
  }
  if (thrown !== null) throw (thrown as { error: unknown }).error;
  return (result as unknown as { value: Result }).value;
}
