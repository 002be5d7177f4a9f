import { describe, expect, it } from 'vitest'
import { readAccessLine, readErrorLine } from './apache.ts'

const combined =
  '127.0.0.1 - frank [10/Oct/2000:13:55:36 -0700] "GET /apache_pb.gif HTTP/1.0" 200 2326 "http://www.example.com/start.html" "Mozilla/4.08 [en] (Win98; I ;Nav)"'

describe('readAccessLine', () => {
  it('reads the combined and the common format', () => {
    const line = {
      client: '127.0.0.1',
      hour: '2000-10-10T13',
      path: '/apache_pb.gif',
      status: 200,
      bytes: 2326,
    }
    expect(readAccessLine(combined)).toEqual(line)
    expect(readAccessLine(combined.replace(/ "http:.*/, ''))).toEqual(line)
  })

  it('reads a user name with a space, an IPv6 client, an answer without a body', () => {
    const line = '::1 - Frank Lloyd [01/Jan/2021:00:00:00 +0000] "HEAD /a?b=%20 HTTP/2" 304 -'
    expect(readAccessLine(line)).toEqual({
      client: '::1',
      hour: '2021-01-01T00',
      path: '/a?b=%20',
      status: 304,
      bytes: 0,
    })
  })

  it('keeps a request line that is not HTTP as it is', () => {
    const line = '10.0.0.1 - - [01/Jan/2021:00:00:00 +0000] "\\x16\\x03\\"\\x01" 400 226'
    expect(readAccessLine(line)?.path).toBe('\\x16\\x03\\"\\x01')
  })

  it.each(['', 'hello', combined.slice(0, 50), combined.replace('Oct', 'Okt')])(
    'takes %j for none',
    (line) => {
      expect(readAccessLine(line)).toBeNull()
    },
  )
})

describe('readErrorLine', () => {
  it('reads what old and new servers write', () => {
    expect(readErrorLine('[Sun Dec 04 04:47:44 2005] [notice] workerEnv.init() ok')).toEqual({
      hour: '2005-12-04T04',
      level: 'notice',
    })
    expect(
      readErrorLine('[Fri Sep 09 10:42:29.902022 2011] [core:error] [pid 35708] [client 72.15.99.187] no'),
    ).toEqual({
      hour: '2011-09-09T10',
      level: 'error',
    })
  })

  it('takes anything else for none', () => {
    expect(readErrorLine(combined)).toBeNull()
    expect(readErrorLine('[Sun Dec 04] [notice]')).toBeNull()
  })
})
