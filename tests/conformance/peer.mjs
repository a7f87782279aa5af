// Asks gitlab-ci-local, by its own modules, what jobs it makes of pipelines. Its command would tell the same in two parts, without
// the variables that a rule sets, and would start anew for each of some hundred pipelines.
// Arguments: the folder of its modules, the file for the answers. Standard input: a line of JSON a pipeline {cwd, file, variable,
// jsonSchemaValidation};// answers: a line of JSON each, {jobs} or {error}.
import { createInterface } from "node:readline";
import { appendFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const source = pathToFileURL(process.argv[2] + "/");
const load = (name) => import(new URL(name, source));
const [{ Argv }, { Parser }, { ParserIncludes }, { WriteStreamsMock }] =
  await Promise.all(["argv.js", "parser.js", "parser-includes.js", "write-streams.js"].map(load));

console.log = () => {};

function told(job) {
  const { name, baseName, stage, when, allowFailure, needs, dependencies, beforeScripts, scripts, afterScripts } = job;
  return { name, group: baseName, stage, when, allow_failure: allowFailure, needs, dependencies, trigger: Boolean(job.trigger),
    script: [...beforeScripts, ...(scripts ?? [])], after_script: afterScripts, variables: job._variables, keys: job.jobData };
}

for await (const line of createInterface({ input: process.stdin })) {
  const { cwd, file, variable, jsonSchemaValidation } = JSON.parse(line);
  let answer;
  ParserIncludes.resetCount();  // it goes on counting after a mistake
  try {
    // What has changed since when is another question: a first commit has changed everything.
    const asked = { cwd, file, variable, job: [], evaluateRuleChanges: false, jsonSchemaValidation, noColor: true, home: ".nowhere" };
    const argv = await Argv.build(asked, new WriteStreamsMock());
    const parser = await Parser.create(argv, new WriteStreamsMock(), 0, []);
    answer = { jobs: parser.jobs.map(told), variables: parser.gitlabData.variables ?? {} };
  } catch (error) {
    answer = { error: String(error.message ?? error) };
  }
  appendFileSync(process.argv[3], JSON.stringify(answer) + "\n");
}
process.exit(0);
