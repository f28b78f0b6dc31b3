"""From checked documents to the frozen values of runner.job.model. Nothing here finds fault: that is done before."""
