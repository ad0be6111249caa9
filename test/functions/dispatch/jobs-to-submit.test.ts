import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { jobsToSubmit } from '../../../lib/screening/screening-job/jobs-to-submit.ts'

const limits = { imagesPerJob: 500, maximumJobs: 4 }

describe('the number of drain jobs to submit', () => {
  it.each([
    { case: 'nothing waits', backlog: 0, activeJobs: 0, expected: 0 },
    { case: 'nothing waits and jobs run out', backlog: 0, activeJobs: 3, expected: 0 },
    { case: 'one image waits', backlog: 1, activeJobs: 0, expected: 1 },
    { case: 'one image waits and a job is there', backlog: 1, activeJobs: 1, expected: 0 },
    { case: 'one job is just enough', backlog: 500, activeJobs: 0, expected: 1 },
    { case: 'one job is just too few', backlog: 501, activeJobs: 0, expected: 2 },
    { case: 'some of those needed are there', backlog: 1_400, activeJobs: 2, expected: 1 },
    { case: 'the limit is reached', backlog: 1_000_000, activeJobs: 0, expected: 4 },
    { case: 'the limit is reached with those that are there', backlog: 1_000_000, activeJobs: 3, expected: 1 },
    { case: 'more jobs are there than allowed', backlog: 1_000_000, activeJobs: 9, expected: 0 },
  ])('is $expected when $case', ({ backlog, activeJobs, expected }) => {
    expect(jobsToSubmit({ backlog, activeJobs }, limits)).toBe(expected)
  })

  it('is enough, within the limit, and 0 when asked again', () => {
    const natural = (max: number) => fc.integer({ min: 0, max })
    fc.assert(
      fc.property(
        natural(1e6),
        natural(20),
        fc.integer({ min: 1, max: 2000 }),
        fc.integer({ min: 1, max: 16 }),
        (backlog, activeJobs, imagesPerJob, maximumJobs) => {
          const submitted = jobsToSubmit({ backlog, activeJobs }, { imagesPerJob, maximumJobs })
          const jobs = activeJobs + submitted
          expect(submitted === 0 || jobs <= maximumJobs).toBe(true)
          expect(jobs * imagesPerJob >= backlog || jobs >= maximumJobs).toBe(true)
          expect(jobsToSubmit({ backlog, activeJobs: jobs }, { imagesPerJob, maximumJobs })).toBe(0)
        },
      ),
    )
  })
})
