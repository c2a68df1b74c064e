// A Rollbook of its own for each test file and engine: started on a free port with an empty folder, given a
// key, and told to stop at the end, which it must do in good order and without having logged a fault.
//
// ROLLBOOK_BIN names the program, TEST_POSTGRES_URL a PostgreSQL in which databases may be made.
// `make test` sets both: see scripts/clients.

import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, describe } from "node:test";
import { promisify } from "node:util";

const run = promisify(execFile);
const START_MS = 30_000;
const STOP_MS = 20_000;

/**
 * Makes one suite for each engine. `suite` gets an object that is filled when the server runs, so tests may
 * use its fields, but the suite itself may not. `command` is what starts the server.
 */
export function onBoth(name, suite, command = "serve") {
  on("SQLite", name, suite, false, command);
  const missing = !process.env.TEST_POSTGRES_URL;
  if (missing && process.env.ROLLBOOK_REQUIRE_POSTGRES) throw new Error("TEST_POSTGRES_URL is unset");
  on("PostgreSQL", name, suite, missing && "TEST_POSTGRES_URL is unset", command);
}

/** Makes one suite, for what does not depend on the engine. */
export function onSqlite(name, suite) {
  on("SQLite", name, suite, false, "serve");
}

function on(engine, name, suite, skip, command) {
  describe(`${name} on ${engine}`, { skip }, () => {
    const server = new Server(engine, command);
    before(() => server.start());
    after(() => server.stop());
    suite(server);
  });
}

class Server {
  /** Where xAPI is, without a slash at its end. */
  endpoint;
  /** A key that may do everything in its tenant. */
  key;
  secret;
  /** What the server has written to its log so far. */
  log = "";
  /** What it has said besides. */
  said = "";

  #engine;
  #command;
  #data;
  #database;
  #process;
  #ended;

  constructor(engine, command) {
    this.#engine = engine;
    this.#command = command;
  }

  /** The address of the server itself. */
  get origin() {
    return new URL(this.endpoint).origin;
  }

  /** The value of `Authorization`. */
  get auth() {
    return basic(this.key, this.secret);
  }

  async start() {
    this.#data = await mkdtemp(path.join(tmpdir(), "rollbook-clients-"));
    if (this.#engine === "PostgreSQL") this.#database = await createDatabase();
    const command = [this.#command, "--listen", "127.0.0.1:0", ...this.#place()];
    this.#process = spawn(program(), command, { stdio: ["ignore", "pipe", "pipe"] });
    process.once("exit", this.#kill);
    this.#ended = new Promise((resolve) => {
      this.#process.once("close", (code, signal) => resolve(code ?? signal));
      this.#process.once("error", (error) => resolve(error.message));
    });
    this.#process.stderr.setEncoding("utf8").on("data", (text) => (this.log += text));
    const greeting = await this.#greeting();
    this.endpoint = /xAPI endpoint +(\S+)/.exec(greeting)[1];
    const create = ["key", "create", "--name", "clients", "--scopes", "all,read,write,admin", "--json"];
    const { stdout } = await run(program(), [...create, ...this.#place()]);
    ({ key: this.key, secret: this.secret } = JSON.parse(stdout));
  }

  /** What the API answers to a request with the key: its status, and its body if that is JSON. */
  async api(method, path, body, type = "application/json") {
    const headers = { Authorization: this.auth, ...(body !== undefined && { "Content-Type": type }) };
    const sent = type === "application/json" && body !== undefined ? JSON.stringify(body) : body;
    const answer = await fetch(`${this.origin}${path}`, { method, headers, body: sent });
    const text = await answer.text();
    return { status: answer.status, body: text === "" ? undefined : JSON.parse(text) };
  }

  /** The statements of a registration, in the order in which they were stored. */
  async statements(registration) {
    const query = new URLSearchParams({ registration, ascending: "true" });
    const headers = { Authorization: this.auth, "X-Experience-API-Version": "1.0.3" };
    const answer = await fetch(`${this.endpoint}/statements?${query}`, { headers });
    return (await answer.json()).statements;
  }

  async stop() {
    if (this.#process) {
      this.#process.kill("SIGTERM");
      const ended = await within(STOP_MS, this.#ended, () => `the server does not stop:\n${this.log}`);
      process.off("exit", this.#kill);
      assert.equal(ended, 0, this.log);
    }
    if (this.#database) await dropDatabase(this.#database);
    if (this.#data) await rm(this.#data, { recursive: true, force: true });
    // No client can make a sound server fail.
    assert.doesNotMatch(this.log, /ERROR|panicked/);
  }

  /** The flags that name the store. */
  #place() {
    const database = this.#database ? ["--database", this.#database] : [];
    return ["--data", this.#data, ...database];
  }

  /** What the server says when it is ready. */
  #greeting() {
    const { stdout } = this.#process;
    const greeting = new Promise((resolve, reject) => {
      stdout.setEncoding("utf8").on("data", (more) => {
        this.said += more;
        if (this.said.includes("Ctrl-C")) resolve(this.said);
      });
      this.#ended.then((how) => reject(new Error(`the server ended (${how}):\n${this.said}${this.log}`)));
    });
    return within(START_MS, greeting, () => `the server does not start:\n${this.log}`);
  }

  #kill = () => this.#process.kill("SIGKILL");
}

/** The value of `Authorization` for a key. */
export function basic(key, secret) {
  return `Basic ${Buffer.from(`${key}:${secret}`).toString("base64")}`;
}

function program() {
  const program = process.env.ROLLBOOK_BIN;
  assert.ok(program, "ROLLBOOK_BIN must name the program; scripts/clients sets it");
  return program;
}

async function createDatabase() {
  const url = new URL(process.env.TEST_POSTGRES_URL);
  url.pathname = `/clients_${randomUUID().replaceAll("-", "")}`;
  await sql(`create database ${url.pathname.slice(1)}`);
  return url.href;
}

async function dropDatabase(url) {
  await sql(`drop database ${new URL(url).pathname.slice(1)} with (force)`);
}

async function sql(text) {
  await run("psql", ["--quiet", "--no-psqlrc", "--dbname", process.env.TEST_POSTGRES_URL, "--command", text]);
}

/** What `promise` becomes, or an error if that takes too long. */
async function within(ms, promise, message) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(message())), ms);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
