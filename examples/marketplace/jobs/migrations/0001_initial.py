"""The tables of the application `jobs`."""

from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("directory", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="JobPosting",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("tenant", models.SlugField()),
                ("title", models.CharField(max_length=160)),
                ("open", models.BooleanField(default=True)),
                ("posted", models.DateTimeField(auto_now_add=True)),
                (
                    "provider",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="directory.provider"),
                ),
            ],
        ),
        migrations.CreateModel(
            name="PublicJob",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("tenant", models.SlugField()),
                ("headline", models.CharField(max_length=300)),
                (
                    "posting",
                    models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, to="jobs.jobposting"),
                ),
            ],
        ),
    ]
