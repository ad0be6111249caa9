import { expect, it } from 'vitest'
import { childEnvironment } from '../../lib/embedded/child-environment.ts'

const needed = {
  HOME: '/home/someone',
  TMPDIR: '/scratch',
  TZ: 'Europe/Bern',
  LANG: 'de_CH.UTF-8',
  LC_ALL: 'C.UTF-8',
  PATH: '/usr/bin',
  LD_LIBRARY_PATH: '/usr/local/cuda/lib64',
  DYLD_LIBRARY_PATH: '/opt/lib',
  CUDA_VISIBLE_DEVICES: '1',
  CUDA_MODULE_LOADING: 'LAZY',
  NVIDIA_VISIBLE_DEVICES: 'all',
}

it('passes on where to write, language, time zone, libraries and devices', () => {
  expect(childEnvironment(needed)).toEqual(needed)
})

it('keeps back what a decoder has no use for', () => {
  const kept = {
    AWS_SECRET_ACCESS_KEY: 'x',
    AWS_PROFILE: 'clinic',
    NPM_TOKEN: 'x',
    SSH_AUTH_SOCK: '/tmp/agent',
    NODE_OPTIONS: '--require ./x.js',
    LD_PRELOAD: '/tmp/x.so',
    HOMEPAGE: 'x',
    EMPTY: '',
    HTTPS_PROXY: 'http://user:secret@proxy',
  }
  expect(childEnvironment({ ...needed, ...kept })).toEqual(needed)
})
