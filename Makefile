# `sam build` calls this: the function as Maven lays it out, without its tests.
build-ReserveFunction:
	mvn --batch-mode --quiet -Dmaven.test.skip clean package
	cp -R target/function/. "$(ARTIFACTS_DIR)"

# The second way to deploy: docs/performance/README.md.
template-image.yaml: template.yaml
	sed -e '/ # zip$$/d' -e 's/# image: //' template.yaml > $@
