/** This machine: what a run may use of it. */

export { type Machine, readMachine } from './machine.ts'
