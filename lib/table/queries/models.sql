-- Which networks made the results, and when last.
select
  classifier_id, classifier_version, classifier_sha256,
  segmenter_id, segmenter_version, segmenter_sha256,
  software_version,
  count(*) as images,
  max(analysed_at) as last_at
from standing
where tenant = ? and day between ? and ? and outcome <> 'not-analysed'
group by
  classifier_id, classifier_version, classifier_sha256,
  segmenter_id, segmenter_version, segmenter_sha256,
  software_version
order by last_at desc
