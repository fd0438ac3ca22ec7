"""What happens to jobs in the background."""

from __future__ import annotations

from celery import Task, shared_task

from jobs.headlines import headline
from jobs.models import JobPosting, PublicJob


@shared_task(bind=True, max_retries=3)
def sync_job_to_public_catalog(self: Task, job_id: int, tenant_schema_name: str) -> None:
    """Show a tenant's job in the catalogue that all tenants share, or take it away."""
    try:
        job = JobPosting.objects.select_related("provider").get(pk=job_id, tenant=tenant_schema_name)
    except JobPosting.DoesNotExist as error:
        raise self.retry(exc=error, countdown=30) from error
    if not job.open:
        PublicJob.objects.filter(posting=job).delete()
        return
    PublicJob.objects.update_or_create(
        posting=job,
        defaults={"tenant": job.tenant, "headline": headline(job.title, job.provider.company_name)},
    )
