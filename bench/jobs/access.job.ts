import { count, defineJob, jsonl, sum } from 'tallyman'

interface Access {
  time: string
  host: string
  method: string
  status: number
  bytes: number
}

export default defineJob({
  description: 'An access log in JSON lines: requests by hour and status, requests by method, bytes by host.',
  input: jsonl<Access>(),
  reduce: { hours: count<[hour: string, status: number]>(), methods: count<string>(), hosts: sum<string>() },
  map({ time, host, method, status, bytes }, emit) {
    emit.hours([time.slice(0, 13), status])
    emit.methods(method)
    emit.hosts(host, bytes)
  },
})
